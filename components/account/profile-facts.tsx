import type { Profile } from "@/lib/user/schema";

/** Name and e-mail address of an account. */
export function ProfileFacts({ name, email }: Pick<Profile, "name" | "email">) {
  const facts = [
    { term: "Name", fact: name ?? "Not given" },
    { term: "E-mail", fact: email },
  ];
  return (
    <dl className="divide-y divide-line">
      {facts.map(({ term, fact }) => (
        <div key={term} className="grid gap-x-6 gap-y-1 px-5 py-4 sm:grid-cols-[10rem_1fr]">
          <dt className="text-muted text-sm">{term}</dt>
          <dd className="min-w-0 break-words text-sm">{fact}</dd>
        </div>
      ))}
    </dl>
  );
}
