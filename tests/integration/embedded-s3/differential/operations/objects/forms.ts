import { must } from "../../bucket";
import { operations } from "../../operation";

const nothing = async () => undefined;
const key = ["starts-with", "$key", "up/"];
const fields = { key: "up/a.txt" };
const filename = "$" + "{filename}";

export const forms = operations(nothing, {
  form: (s3) => s3.form([key], fields),
  "GET of what a form brought": async (s3) => {
    const type = ["starts-with", "$Content-Type", "image/"];
    const all = { ...fields, "Content-Type": "image/png", "x-amz-meta-who": "me" };
    await must(s3.form([key, type, { "x-amz-meta-who": "me" }], all));
    return s3.get("up/a.txt");
  },
  "GET of what a form named by its file": async (s3) => {
    await must(s3.form([key], { key: `up/${filename}` }, { filename: "ü 1.txt" }));
    return s3.get("up/ü 1.txt");
  },
  "form answered 201": (s3) =>
    s3.form([key, { success_action_status: "201" }], { ...fields, success_action_status: "201" }),
  "form answered 200": (s3) =>
    s3.form([key, { success_action_status: "200" }], { ...fields, success_action_status: "200" }),
  "form with a redirect": (s3) => {
    const success_action_redirect = "http://app.test/done?x=1";
    return s3.form([key, { success_action_redirect }], { ...fields, success_action_redirect });
  },
  "form into a missing bucket": async (s3) => {
    await must(s3.delete(""));
    return s3.form([key], fields);
  },
  "form with a key outside of the prefix": (s3) => s3.form([key], { key: "elsewhere/a.txt" }),
  "form with another key than the exact one": (s3) => s3.form([{ key: "up/b.txt" }], fields),
  "form without a key": (s3) => s3.form([key], {}),
  "form with a type outside of the prefix": (s3) =>
    s3.form([key, ["starts-with", "$Content-Type", "image/"]], { ...fields, "Content-Type": "text/html" }),
  "form with a file within bounds": (s3) => s3.form([key, ["content-length-range", 3, 10]], fields, { file: "12345" }),
  "form with a file too large": (s3) =>
    s3.form([key, ["content-length-range", 3, 10]], fields, { file: "1".repeat(11) }),
  "form with a file too small": (s3) => s3.form([key, ["content-length-range", 3, 10]], fields, { file: "12" }),
  "form with a field the policy does not know": (s3) => s3.form([key], { ...fields, "x-amz-meta-evil": "1" }),
  "form with an ACL the policy does not know": (s3) => s3.form([key], { ...fields, acl: "public-read" }),
  "form with a field the policy ignores": (s3) => s3.form([key], { ...fields, "x-ignore-this": "1" }),
  "form whose policy has expired": (s3) => s3.form([key], fields, { expiresSeconds: -60 }),
  "form with another policy than was signed": (s3) =>
    s3.form([key], fields, {
      change: (all) => ({
        ...all,
        policy: Buffer.from(JSON.stringify({ expiration: "2099-01-01T00:00:00Z", conditions: [] })).toString("base64"),
      }),
    }),
  "form with another signature": (s3) =>
    s3.form([key], fields, { change: (all) => ({ ...all, "x-amz-signature": "0".repeat(64) }) }),
  "form with an unknown access key": (s3) =>
    s3.form([key], fields, {
      change: (all) => ({
        ...all,
        "x-amz-credential": String(all["x-amz-credential"]).replace(/^[^/]+/, "NOSUCHACCESSKEY"),
      }),
    }),
  "form without a policy": (s3) => s3.form([key], fields, { change: () => ({ key: "up/a.txt" }) }),
  "form meant for another bucket": async (s3) => {
    const bucket = `${s3.name}-2`;
    await must(s3.put("", { bucket }));
    return s3.form([{ bucket }, key], fields);
  },
});
