import { api, type Difference, each } from "./difference";

const completed = '"e25ba03a9ab422656cc5a890bbb9a1d8-2"';
const theFile = { etag: ['"9144da26b6b58c823799dd4a8a884f26"', undefined] } as const;
const appended = "bucket=(bucket)&key=up%2Fa.txt&etag=%229144da26b6b58c823799dd4a8a884f26%22";
const located = { location: ["(endpoint)/(bucket)/up/a.txt", undefined] } as const;
const lists = ["list of parts", "first page of parts", "second page of parts", "list of no parts"];
const listByInitiator = "WRITE on a bucket: list of parts of one's own upload";

export const uploads: readonly Difference[] = [
  {
    why: "The answer to a completion has the object's URI and its ETag; Ceph 16 leaves the ETag empty.",
    source: `${api}/API_CompleteMultipartUpload.html`,
    operations: each(["completing an upload", "completing with ETags without quotes"], {
      "/CompleteMultipartUploadResult/Location": ["(endpoint)/(bucket)/big", "localhost/(bucket)/big"],
      "/CompleteMultipartUploadResult/ETag": [completed, undefined],
    }),
  },
  {
    why: "A completion names the parts to assemble in ascending order, not necessarily all that were sent.",
    source: `${api}/API_CompleteMultipartUpload.html`,
    operations: {
      "completing with the last part alone": { answer: ["200", "400 InvalidPart"] },
      "completing in the wrong order": { answer: ["400 InvalidPartOrder", "200"] },
    },
  },
  {
    why: "An upload that is not there is NoSuchUpload.",
    source: `${api}/API_CompleteMultipartUpload.html`,
    operations: {
      "completing an upload that never was": { answer: ["404 NoSuchUpload", "500 InternalError"] },
      ...each(["list of parts of an upload that never was", "list of parts after aborting"], {
        answer: ["404 NoSuchUpload", "404 NoSuchKey"],
      }),
    },
  },
  {
    why: "ETags in XML have their quotes.",
    source: `${api}/API_UploadPartCopy.html`,
    operations: {
      "copy of a part": {
        "/CopyPartResult/ETag": ['"81b073de9370ea873f548e31b8adc081"', "81b073de9370ea873f548e31b8adc081"],
      },
    },
  },
  {
    why: "The range of a copied part is `bytes=first-last` within the source.",
    source: `${api}/API_UploadPartCopy.html`,
    operations: {
      "copy of a part behind the end": { answer: ["400 InvalidArgument", "416 InvalidRange"] },
      "copy of a part by a range that is none": { answer: ["400 InvalidArgument", "200"] },
    },
  },
  {
    why: "Parts are numbered from 1 to 10,000.",
    source: `${api}/API_UploadPart.html`,
    operations: each(["PUT of part 0", "PUT of part 10,001"], { answer: ["400 InvalidArgument", "200"] }),
  },
  {
    why: "The list of parts names who began the upload and whose the object will be; Ceph's names are empty.",
    source: `${api}/API_ListParts.html`,
    operations: each([...lists, listByInitiator], {
      "/ListPartsResult/Initiator/ID": ["(id)", undefined],
      "/ListPartsResult/Initiator/DisplayName": ["(id)", undefined],
      "/ListPartsResult/Owner/ID": ["(id)", undefined],
      "/ListPartsResult/Owner/DisplayName": ["(id)", undefined],
    }),
  },
  {
    why: "There is a marker of the next page when there is a next page.",
    source: `${api}/API_ListParts.html`,
    operations: {
      "list of parts": { "/ListPartsResult/NextPartNumberMarker": [undefined, "2"] },
      "second page of parts": { "/ListPartsResult/NextPartNumberMarker": [undefined, "3"] },
      ...each(["list of no parts", listByInitiator], { "/ListPartsResult/NextPartNumberMarker": [undefined, "0"] }),
      "list of uploads": {
        "/ListMultipartUploadsResult/NextKeyMarker": [undefined, "big"],
        "/ListMultipartUploadsResult/NextUploadIdMarker": [undefined, "(id)"],
      },
      "list of uploads below a prefix": {
        "/ListMultipartUploadsResult/NextKeyMarker": [undefined, "another/upload"],
        "/ListMultipartUploadsResult/NextUploadIdMarker": [undefined, "(id)"],
      },
    },
  },
  {
    why: "The answer to a form has the object's ETag and where it is.",
    source: `${api}/RESTObjectPOST.html`,
    operations: {
      ...each(["form", "form answered 200", "form with a field the policy ignores"], {
        ...theFile,
        ...located,
      }),
      "form with a file within bounds": { etag: ['"827ccb0eea8a706c4c34a16891f84e7b"', undefined], ...located },
      "form answered 201": {
        ...theFile,
        ...located,
        "/PostResponse/Location": ["(endpoint)/(bucket)/up/a.txt", "localhost/(bucket)/up%2Fa.txt"],
        "/PostResponse/ETag": ['"9144da26b6b58c823799dd4a8a884f26"', "9144da26b6b58c823799dd4a8a884f26"],
      },
    },
  },
  {
    why: "Bucket, key and ETag are appended to the query of the redirect; Ceph puts a second question mark into it.",
    source: `${api}/sigv4-HTTPPOSTForms.html`,
    operations: {
      "form with a redirect": {
        ...theFile,
        location: [`http://app.test/done?x=1&${appended}`, `http://app.test/done?x=1?${appended}`],
      },
    },
  },
];
