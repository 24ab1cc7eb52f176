/** Where a bucket is reached: `endpoint` is the origin of an S3-compatible server, absent for AWS itself. */
export type EndpointConfig = {
  endpoint?: string | undefined;
  region: string;
  bucket: string;
  forcePathStyle: boolean;
};

/** `origin` is scheme, host and port; `host` the Host header; `path` what comes before the key, without a slash at its end. */
export type BucketAddress = { origin: string; host: string; path: string };

// The partitions of AWS by region prefix (partitions.json of the AWS SDKs).
const dnsSuffixes: readonly (readonly [prefix: string, suffix: string])[] = [
  ["cn-", "amazonaws.com.cn"],
  ["eusc-", "amazonaws.eu"],
  ["us-isof-", "csp.hci.ic.gov"],
  ["us-isob-", "sc2s.sgov.gov"],
  ["us-iso-", "c2s.ic.gov"],
  ["eu-isoe-", "cloud.adc-e.uk"],
];

/** The origin of AWS S3 in a region, `https://s3.eu-central-1.amazonaws.com`. */
function awsOrigin(region: string): string {
  const suffix = dnsSuffixes.find(([prefix]) => region.startsWith(prefix))?.[1] ?? "amazonaws.com";
  return `https://s3.${region}.${suffix}`;
}

/** Whether an endpoint is AWS itself: absent, or a host of one of its partitions. */
export function isAws(endpoint: string | undefined): boolean {
  if (endpoint === undefined) return true;
  const { hostname } = new URL(endpoint);
  return ["amazonaws.com", ...dnsSuffixes.map(([, suffix]) => suffix)].some((suffix) =>
    hostname.endsWith(`.${suffix}`),
  );
}

/**
 * The address of a bucket, by the rules of the AWS SDK: bucket.host where a name can carry it, host/bucket otherwise.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
 * Throws TypeError for an endpoint that is no URL.
 */
export function bucketAddress({ endpoint, region, bucket, forcePathStyle }: EndpointConfig): BucketAddress {
  const base = new URL(endpoint ?? awsOrigin(region));
  const prefix = base.pathname.replace(/\/+$/, "");
  const virtualHost = !forcePathStyle && !isIpAddress(base.hostname) && isHostable(bucket, base.protocol);
  const host = virtualHost ? `${bucket}.${base.host}` : base.host;
  return { origin: `${base.protocol}//${host}`, host, path: virtualHost ? prefix : `${prefix}/${bucket}` };
}

/** Over TLS a name without dots, as a wildcard certificate covers one label only. */
function isHostable(bucket: string, protocol: string): boolean {
  const labels = protocol === "http:" ? bucket.split(".") : [bucket];
  return labels.every((label) => /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(label));
}

function isIpAddress(hostname: string): boolean {
  return hostname.startsWith("[") || /^\d{1,3}(\.\d{1,3}){3}$/.test(hostname);
}
