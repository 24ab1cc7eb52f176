import { z } from "zod";
import { isStorable } from "@/lib/text/policy";
import { pathProblem } from "./policy";

/** Longer than any path may be, so that a path that is too long is told by how much. */
const maxCharacters = 4_096;

/** The path of a file to be uploaded. */
export const mediaPath = z
  .string()
  .max(maxCharacters, "The path is far too long.")
  .superRefine((path, context) => {
    const problem = pathProblem(path);
    if (problem) context.addIssue(problem);
  });

/** The path of a file where it comes from, in any form of Unicode. */
export const foundPath = z
  .string()
  .max(maxCharacters, "The path is far too long.")
  .refine(isStorable, "The path is not valid Unicode.");

/** A path that may name a file. Files from before a rule for paths keep theirs. */
export const anyPath = z.string().min(1).max(maxCharacters).refine(isStorable, "No file has this name.");
