import { api, type Difference, each, guide } from "./difference";

const fetchStandard = "https://fetch.spec.whatwg.org";
const vary = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

export const access: readonly Difference[] = [
  {
    why: "A signature that does not match and an unknown access key have codes of their own.",
    source: `${api}/ErrorResponses.html`,
    operations: {
      ...each(
        [
          "GET with a wrong secret",
          "presigned GET with a response-* parameter added",
          "presigned GET of another key",
          "presigned GET with a longer life",
          "presigned GET with another signature",
          "presigned GET used for a PUT",
          "presigned GET used for a DELETE",
          "presigned PUT with another type than was signed",
          "form with another policy than was signed",
          "form with another signature",
        ],
        { answer: ["403 SignatureDoesNotMatch", "403 AccessDenied"] },
      ),
      ...each(["GET with an unknown access key", "form with an unknown access key"], {
        answer: ["403 InvalidAccessKeyId", "403 AccessDenied"],
      }),
      "GET with an authorization that is none": {
        answer: ["400 AuthorizationHeaderMalformed", "400 InvalidArgument"],
      },
    },
  },
  {
    why: "A presigned URL names its expiry, of 7 days at most; without that it is malformed.",
    source: `${api}/sigv4-query-string-auth.html`,
    operations: each(["presigned GET that expires in 8 days", "presigned GET without its expiry"], {
      answer: ["400 AuthorizationQueryParametersError", "403 AccessDenied"],
    }),
  },
  {
    why: "All x-amz-* headers must be signed; Ceph lets the holder of a URL publish what is uploaded with it.",
    source: `${api}/sigv4-query-string-auth.html`,
    operations: { "presigned PUT with an ACL added": { answer: ["403 AccessDenied", "200"] } },
  },
  {
    why: "A negated condition holds where its key is not in the request: a Deny of foreign pages denies requests from none.",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html",
    operations: { "signed GET from no page": { answer: ["403 AccessDenied", "200"] } },
  },
  {
    why: "A policy that is none, or that is about another bucket, is MalformedPolicy.",
    source: `${api}/ErrorResponses.html`,
    operations: {
      ...each(["PUT of a policy that is no JSON", "PUT of a policy with an unknown effect"], {
        answer: ["400 MalformedPolicy", "400 InvalidArgument"],
      }),
      ...each(["PUT of a policy without statements", "PUT of a policy for another bucket"], {
        answer: ["400 MalformedPolicy", "204"],
      }),
    },
  },
  {
    why: "DeleteBucketPolicy answers 204.",
    source: `${api}/API_DeleteBucketPolicy.html`,
    operations: { "DELETE of a policy": { answer: ["204", "200"] } },
  },
  {
    why: "Preflights that no rule allows are AccessForbidden; those without their headers lack what they need.",
    source: `${guide}/cors-troubleshooting.html`,
    operations: {
      ...each(
        [
          "preflight with a header that is not allowed",
          "preflight of a method that is not allowed",
          "preflight from another origin",
          "preflight after the rules' DELETE",
        ],
        { answer: ["403 AccessForbidden", "403 AccessDenied"] },
      ),
      "preflight without an origin": { answer: ["400 InvalidRequest", "400 InvalidArgument"] },
    },
  },
  {
    why: "Where answers depend on the origin, all of them must say so, or a cache gives one page's answer to another.",
    source: `${fetchStandard}/#cors-protocol-and-http-caches`,
    operations: {
      ...each(["GET of the CORS rules", "GET from another origin", "PUT of CORS rules"], { vary: [vary, undefined] }),
      ...each(
        [
          "preflight of a GET",
          "preflight of a PUT with headers",
          "GET from an allowed origin",
          "refused GET from an allowed origin",
          "GET from any origin",
        ],
        { vary: [vary, "Origin"] },
      ),
    },
  },
  {
    why: "A rule for a named origin allows credentials and all of its methods, so that a browser can keep one preflight.",
    source: `${fetchStandard}/#http-access-control-allow-methods`,
    operations: {
      ...each(["preflight of a GET", "GET from an allowed origin", "refused GET from an allowed origin"], {
        "access-control-allow-credentials": ["true", undefined],
        "access-control-allow-methods": ["GET, PUT", "GET"],
      }),
      "preflight of a PUT with headers": {
        "access-control-allow-credentials": ["true", undefined],
        "access-control-allow-methods": ["GET, PUT", "PUT"],
      },
    },
  },
  {
    why: "Access-Control-Max-Age is how long the results of a preflight can be kept: it is in answers to preflights.",
    source: `${api}/RESTOPTIONSobject.html`,
    operations: each(["GET from an allowed origin", "refused GET from an allowed origin"], {
      "access-control-max-age": [undefined, "600"],
    }),
  },
  {
    why: "A rule for every origin is answered `*`.",
    source: `${guide}/ManageCorsUsing.html`,
    operations: { "GET from any origin": { "access-control-allow-origin": ["*", "https://app.test"] } },
  },
  {
    why: "XML that is well formed but asks for what cannot be is InvalidRequest.",
    source: `${api}/ErrorResponses.html`,
    operations: each(["PUT of a CORS rule with an unknown method", "PUT of a lifecycle rule without an action"], {
      answer: ["400 InvalidRequest", "400 MalformedXML"],
    }),
  },
];
