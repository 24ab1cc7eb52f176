import { ArrowUpFromLine, Fingerprint, KeyRound } from "lucide-react";
import type { ReactNode } from "react";
import { AtollArt } from "@/components/ui/atoll-art";

const promises = [
  {
    icon: ArrowUpFromLine,
    title: "Straight to your bucket",
    text: "Drop a folder of thousands: the bytes go from the browser to S3 and back. They never pass through this site.",
  },
  {
    icon: KeyRound,
    title: "Private until you say so",
    text: "Members only, small previews for everyone, or public. Every address of a picture is signed and expires.",
  },
  {
    icon: Fingerprint,
    title: "Checked, and kept",
    text: "Each file is verified against what arrived and pinned to that version. Originals are never overwritten.",
  },
];

/** What Atoll is, for those who are not signed in. `children` are the ways in. */
export function Landing({ children }: { children: ReactNode }) {
  return (
    <div className="relative overflow-hidden">
      <AtollArt
        faded
        className="pointer-events-none absolute -top-20 left-[46%] h-[46rem] w-[56rem] max-w-none max-lg:hidden xl:left-[48%]"
      />
      <div className="relative mx-auto max-w-[100rem] px-4 sm:px-8">
        <div className="max-w-2xl pt-14 sm:pt-28">
          <h1 className="font-semibold text-[2.6rem] leading-[1.04] tracking-[-0.035em] sm:text-6xl">
            A quiet place for your pictures, on your own bucket
          </h1>
          <p className="mt-6 max-w-xl text-lg text-muted leading-relaxed">
            Atoll keeps large collections of private media on S3 storage that is yours. People and programs upload to it
            and view from it directly; Atoll decides who may, and keeps the record.
          </p>
          <div className="mt-9 flex flex-wrap gap-3">{children}</div>
        </div>
        <AtollArt faded className="-mx-4 mt-10 h-64 w-[calc(100%+2rem)] sm:hidden" />
        <ul className="mt-12 grid gap-8 pb-20 sm:mt-32 sm:grid-cols-3 sm:gap-10 sm:pb-24">
          {promises.map(({ icon: Icon, title, text }) => (
            <li key={title} className="max-w-sm">
              <Icon aria-hidden className="size-5 text-accent" />
              <h2 className="mt-3 font-medium">{title}</h2>
              <p className="mt-1.5 text-muted text-sm leading-relaxed">{text}</p>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}
