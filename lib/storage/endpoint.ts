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
const dnsSuffixes: readonly (readonly [prefix: string, suffix: string])[] = [
  ["cn-", "amazonaws.com.cn"],
  ["eusc-", "amazonaws.eu"],
  ["us-isof-", "csp.hci.ic.gov"],
  ["us-isob-", "sc2s.sgov.gov"],
  ["us-iso-", "c2s.ic.gov"],
  ["eu-isoe-", "cloud.adc-e.uk"],
];

/** Returns the origin of AWS S3 in a region, such as `https://s3.eu-central-1.amazonaws.com`. */
function awsOrigin(region: string): string {
  const suffix = dnsSuffixes.find(([prefix]) => region.startsWith(prefix))?.[1] ?? "amazonaws.com";
  return `https://s3.${region}.${suffix}`;
}

/** Tells whether an endpoint is AWS: absent, or a host of one of its partitions. */
export function isAws(endpoint: string | undefined): boolean {
  if (endpoint === undefined) return true;
  const { hostname } = new URL(endpoint);
  return ["amazonaws.com", ...dnsSuffixes.map(([, suffix]) => suffix)].some((suffix) =>
    hostname.endsWith(`.${suffix}`),
  );
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
