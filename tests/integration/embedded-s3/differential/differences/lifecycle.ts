import { api, type Difference, each, guide } from "./difference";

export const lifecycles: readonly Difference[] = [
  {
    why: "A rule has a filter or the prefix of old; a filter has one predicate, or several in an And.",
    source: `${api}/API_LifecycleRuleFilter.html`,
    operations: each(["PUT of a rule with a filter and a prefix of old", "PUT of a rule with a filter of two"], {
      answer: ["400 MalformedXML", "200"],
    }),
  },
  {
    why: "Each tag of a filter has a key of its own.",
    source: `${guide}/intro-lifecycle-rules.html`,
    operations: { "PUT of a rule with one tag twice": { answer: ["400 InvalidRequest", "200"] } },
  },
  {
    why: "Days are an integer in the schema, so that another text does not validate.",
    source: `${api}/API_LifecycleExpiration.html`,
    operations: {
      "PUT of a rule that expires after days that are no number": {
        answer: ["400 MalformedXML", "400 InvalidArgument"],
      },
    },
  },
  {
    why: "A date is well formed whatever its time; that it must be midnight is what its value is refused for.",
    source: `${api}/API_LifecycleExpiration.html`,
    operations: {
      "PUT of a rule that expires at noon": { answer: ["400 InvalidArgument", "400 MalformedXML"] },
    },
  },
  {
    why: "What a filter combines is in its And, the prefix too.",
    source: `${api}/API_LifecycleRuleAndOperator.html`,
    operations: {
      "GET of a rule that expires by a prefix and tags": {
        "/LifecycleConfiguration/Rule/Filter/And/Prefix": ["a/", undefined],
        "/LifecycleConfiguration/Rule/Filter/Prefix": [undefined, "a/"],
      },
    },
  },
  {
    why: "Rules are by size as well; Ceph 16 takes them and forgets the sizes, so that they are about everything.",
    source: `${api}/API_LifecycleRuleAndOperator.html`,
    operations: {
      "GET of a rule that expires by sizes": {
        "/LifecycleConfiguration/Rule/Filter/And/ObjectSizeGreaterThan": ["1", undefined],
        "/LifecycleConfiguration/Rule/Filter/And/ObjectSizeLessThan": ["100", undefined],
      },
    },
  },
  {
    why: "A rule may keep some replaced versions; Ceph 16 takes it and forgets how many.",
    source: `${api}/API_NoncurrentVersionExpiration.html`,
    operations: {
      "GET of a rule that keeps replaced versions": {
        "/LifecycleConfiguration/Rule/NoncurrentVersionExpiration/NewerNoncurrentVersions": ["5", undefined],
      },
    },
  },
];
