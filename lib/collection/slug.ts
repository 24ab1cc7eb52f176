import { slugMaxLength } from "./schema";

/** Shorter than a slug by the longest suffix that makes it unique, and its hyphen. */
const maxStemLength = slugMaxLength - 9;

// Letters that Unicode does not decompose into a Latin letter and a mark.
const latin = "ßss æae œoe øo łl đd ðd þth ıi ŋng ħh ŧt ĸk ſs";
const greek = "αa βv γg δd εe ζz ηi θth ιi κk λl μm νn ξx οo πp ρr σs ςs τt υy φf χch ψps ωo";
const cyrillic =
  "аa бb вv гg дd еe жzh зz иi кk лl мm нn оo пp рr сs тt уu фf хkh цts чch шsh щshch ъ ыy ьэe юyu яya іi єye ґg ђdj јj љlj њnj ћc џdz";

const letters = new Map(
  `${latin} ${greek} ${cyrillic}`.match(/\P{ASCII}[a-z]*/gu)?.map((pair) => [pair.slice(0, 1), pair.slice(1)]),
);

/** Returns the slug of a name: "Große Riffe, 2024" → "grosse-riffe-2024". Empty for a name without a letter or digit that can be written in Latin. */
export function slugOf(name: string): string {
  const plain = name
    .normalize("NFKD")
    .replaceAll(/[\p{M}'’]/gu, "")
    .toLowerCase();
  const written = plain.replaceAll(/\P{ASCII}/gu, (letter) => letters.get(letter) ?? " ");
  const words = written.replaceAll(/[^a-z0-9]+/g, "-");
  return words.slice(0, maxStemLength).replaceAll(/^-+|-+$/g, "");
}

/**
 * Returns the slug to try: first the wanted one, then it with a random suffix. `random` has eight characters of a-z0-9, of which
 * the later attempts use all. An empty `wanted` is that of a name without a letter that can be written in Latin.
 */
export function slugCandidate(wanted: string, attempt: number, random: string): string {
  const suffix = attempt < 3 ? random.slice(0, 4) : random;
  if (wanted === "") return `collection-${suffix}`;
  return attempt === 0 ? wanted : `${wanted.slice(0, maxStemLength).replace(/-$/, "")}-${suffix}`;
}
