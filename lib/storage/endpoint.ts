/** How to reach a bucket. `endpoint` is the origin of an S3-compatible server; absent for AWS. */
export type EndpointConfig = {
  endpoint?: string | undefined;
  region: string;
  bucket: string;
  forcePathStyle: boolean;
};

/** `origin`: scheme, host and port. `host`: the Host header. `path`: the path before the key, without a trailing slash. */
export type BucketAddress = { origin: string; host: string; path: string };

// AWS partitions by region prefix (partitions.json of the AWS SDKs).
const partitions: readonly { prefix: string; suffix: string; id: string }[] = [
  { prefix: "cn-", suffix: "amazonaws.com.cn", id: "aws-cn" },
  { prefix: "us-gov-", suffix: "amazonaws.com", id: "aws-us-gov" },
  { prefix: "eusc-", suffix: "amazonaws.eu", id: "aws-eusc" },
  { prefix: "us-isof-", suffix: "csp.hci.ic.gov", id: "aws-iso-f" },
  { prefix: "us-isob-", suffix: "sc2s.sgov.gov", id: "aws-iso-b" },
  { prefix: "us-iso-", suffix: "c2s.ic.gov", id: "aws-iso" },
  { prefix: "eu-isoe-", suffix: "cloud.adc-e.uk", id: "aws-iso-e" },
];

function partition(region: string): { suffix: string; id: string } {
  return partitions.find(({ prefix }) => region.startsWith(prefix)) ?? { suffix: "amazonaws.com", id: "aws" };
}

/** Returns the partition in the ARNs of a region's resources, such as `aws` or `aws-cn`. Other servers take `aws`. */
export function partitionOf(region: string): string {
  return partition(region).id;
}

/** Returns the origin of AWS S3 in a region, such as `https://s3.eu-central-1.amazonaws.com`. */
export function awsOrigin(region: string): string {
  return `https://s3.${region}.${partition(region).suffix}`;
}

/**
 * Tells whether an endpoint is S3 of AWS: absent, or an S3 host of one of its partitions (also dual-stack, FIPS, accelerate and those
 * of a VPC). A server of one's own behind a load balancer or on an instance of AWS is not.
 */
export function isAws(endpoint: string | undefined): boolean {
  if (endpoint === undefined) return true;
  const { hostname } = new URL(endpoint);
  if (!hostname.split(".").some((label) => /^s3(-|$)/.test(label))) return false;
  return ["amazonaws.com", ...partitions.map(({ suffix }) => suffix)].some((suffix) => hostname.endsWith(`.${suffix}`));
}

/**
 * Returns the address of a bucket by the AWS SDK's rules: bucket.host if the name is a valid DNS label, else host/bucket.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
 * Throws TypeError for an invalid endpoint URL.
 */
export function bucketAddress({ endpoint, region, bucket, forcePathStyle }: EndpointConfig): BucketAddress {
  const base = new URL(endpoint ?? awsOrigin(region));
  const prefix = base.pathname.replace(/\/+$/, "");
  const virtualHost = !forcePathStyle && !isIpAddress(base.hostname) && isHostable(bucket, base.protocol);
  const host = virtualHost ? `${bucket}.${base.host}` : base.host;
  return { origin: `${base.protocol}//${host}`, host, path: virtualHost ? prefix : `${prefix}/${bucket}` };
}

/** Tells whether a bucket name can be a host name. Over TLS it must have no dots: a wildcard certificate covers one label. */
function isHostable(bucket: string, protocol: string): boolean {
  const labels = protocol === "http:" ? bucket.split(".") : [bucket];
  return labels.every((label) => /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(label));
}

function isIpAddress(hostname: string): boolean {
  return hostname.startsWith("[") || /^\d{1,3}(\.\d{1,3}){3}$/.test(hostname);
}
