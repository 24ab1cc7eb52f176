import type { QueryApi } from "../query/action";
import { createTopic, deleteTopic, getTopicAttributes, listTopics } from "./topics";

/** SNS, as far as topics go that buckets' notifications name. */
export const sns: QueryApi = {
  service: "sns",
  version: "2010-03-31",
  namespace: "http://sns.amazonaws.com/doc/2010-03-31/",
  actions: {
    CreateTopic: createTopic,
    DeleteTopic: deleteTopic,
    GetTopicAttributes: getTopicAttributes,
    ListTopics: listTopics,
  },
};
