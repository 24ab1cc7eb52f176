import { describe, expect, it } from "vitest";
import { bucketAddress, isAws } from "@/lib/storage/endpoint";

describe("isAws", () => {
  it.each([
    undefined,
    "https://s3.amazonaws.com",
    "https://s3.eu-central-1.amazonaws.com",
    "https://media.s3-accelerate.amazonaws.com",
    "https://bucket.vpce-1a2b3c.s3.us-east-1.vpce.amazonaws.com",
    "https://s3.cn-north-1.amazonaws.com.cn",
    "https://s3.eusc-de-east-1.amazonaws.eu",
    "https://s3.us-iso-east-1.c2s.ic.gov",
    "https://s3.us-isob-east-1.sc2s.sgov.gov",
    "https://s3.us-isof-south-1.csp.hci.ic.gov",
    "https://s3.eu-isoe-west-1.cloud.adc-e.uk",
    "https://S3.EU-CENTRAL-1.AMAZONAWS.COM",
  ])("is true for %s", (endpoint) => {
    expect(isAws(endpoint)).toBe(true);
  });

  it.each([
    "http://127.0.0.1:9000",
    "https://s3.example.org",
    "https://s3.evil-amazonaws.com",
    "https://my-store-1.elb.eu-west-1.amazonaws.com",
    "https://ec2-203-0-113-7.compute-1.amazonaws.com",
    "https://s3.amazonaws.com.example.org",
    "https://amazonaws.eu.example.org/amazonaws.eu",
  ])("is false for %s", (endpoint) => {
    expect(isAws(endpoint)).toBe(false);
  });

  it.each([
    "us-east-1",
    "cn-north-1",
    "eusc-de-east-1",
    "us-iso-east-1",
    "us-isob-east-1",
    "us-isof-south-1",
    "eu-isoe-west-1",
  ])("is true for the address of a bucket in %s", (region) =>
    expect(isAws(bucketAddress({ region, bucket: "atoll-media", forcePathStyle: false }).origin)).toBe(true),
  );
});
