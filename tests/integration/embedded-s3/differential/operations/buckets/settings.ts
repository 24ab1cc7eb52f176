import { raw } from "../../../harness";
import { must, type TestBucket } from "../../bucket";
import { operations } from "../../operation";

const origin = "https://app.test";
const rule = (inner: string) => `<CORSConfiguration><CORSRule>${inner}</CORSRule></CORSConfiguration>`;
const uploads = rule(
  `<ID>uploads</ID><AllowedOrigin>${origin}</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod>` +
    "<AllowedHeader>content-type</AllowedHeader><AllowedHeader>x-amz-meta-*</AllowedHeader>" +
    "<ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>600</MaxAgeSeconds>",
);
const configured = async (s3: TestBucket) => {
  await must(s3.put("", { query: { cors: "" }, body: uploads }));
  await must(s3.put("a.txt", { body: "hello" }));
};
const preflight = (s3: TestBucket, method: string, headers: Record<string, string> = {}) =>
  raw("OPTIONS", `${s3.endpoint}/${s3.name}/a.txt`, {
    headers: { origin, "access-control-request-method": method, ...headers },
  });

export const cors = operations(configured, {
  "GET of the CORS rules": (s3) => s3.get("", { query: { cors: "" } }),
  "preflight of a GET": (s3) => preflight(s3, "GET"),
  "preflight of a PUT with headers": (s3) =>
    preflight(s3, "PUT", { "access-control-request-headers": "content-type,x-amz-meta-who" }),
  "preflight with a header that is not allowed": (s3) =>
    preflight(s3, "PUT", { "access-control-request-headers": "authorization" }),
  "preflight of a method that is not allowed": (s3) => preflight(s3, "DELETE"),
  "preflight from another origin": (s3) => preflight(s3, "GET", { origin: "https://other.test" }),
  "preflight without an origin": (s3) =>
    raw("OPTIONS", `${s3.endpoint}/${s3.name}/a.txt`, { headers: { "access-control-request-method": "GET" } }),
  "GET from an allowed origin": (s3) => s3.get("a.txt", { headers: { origin } }),
  "GET from another origin": (s3) => s3.get("a.txt", { headers: { origin: "https://other.test" } }),
  "refused GET from an allowed origin": (s3) => s3.get("a.txt", { headers: { origin }, signer: "none" }),
  "preflight after the rules' DELETE": async (s3) => {
    await must(s3.delete("", { query: { cors: "" } }));
    return preflight(s3, "GET");
  },
});

const nothing = async () => undefined;

export const corsRules = operations(nothing, {
  "GET of CORS rules where there are none": (s3) => s3.get("", { query: { cors: "" } }),
  "PUT of CORS rules": (s3) => s3.put("", { query: { cors: "" }, body: uploads }),
  "PUT of a CORS rule with an unknown method": (s3) =>
    s3.put("", {
      query: { cors: "" },
      body: rule(`<AllowedOrigin>*</AllowedOrigin><AllowedMethod>FETCH</AllowedMethod>`),
    }),
  "PUT of CORS rules that are no XML": (s3) => s3.put("", { query: { cors: "" }, body: "<CORSConfiguration>" }),
  "GET from any origin": async (s3) => {
    const body = rule("<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>");
    await must(s3.put("", { query: { cors: "" }, body }));
    await must(s3.put("a.txt", { body: "hello" }));
    return s3.get("a.txt", { headers: { origin } });
  },
});
