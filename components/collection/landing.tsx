import { ArrowUpFromLine, Fingerprint, KeyRound } from "lucide-react";
import type { ReactNode } from "react";
import { AtollArt } from "@/components/ui/art/atoll-art";

const features = [
  {
    icon: ArrowUpFromLine,
    title: "Straight to your bucket",
    text: "Drop a folder of thousands of files. They go from the browser straight to S3 and never pass through this site.",
  },
  {
    icon: KeyRound,
    title: "Private by default",
    text: "Members only, small previews for everyone, or public. Every link to a picture is signed and expires.",
  },
  {
    icon: Fingerprint,
    title: "Verified and kept",
    text: "Each file is verified after it arrives and pinned to that version. Originals are never overwritten.",
  },
];

/** Introduces Atoll to signed-out visitors. `children` are the sign-in and sign-up links. */
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
            A private place for your pictures, on your own bucket
          </h1>
          <p className="mt-6 max-w-xl text-lg text-muted leading-relaxed">
            Atoll keeps large collections of private media on your own S3 storage. People and programs upload to it and
            view from it directly. Atoll controls who has access and keeps an audit log.
          </p>
          <div className="mt-9 flex flex-wrap gap-3">{children}</div>
        </div>
        <AtollArt faded className="-mx-4 mt-10 h-64 w-[calc(100%+2rem)] sm:hidden" />
        <ul className="mt-12 grid gap-8 pb-20 sm:mt-32 sm:grid-cols-3 sm:gap-10 sm:pb-24">
          {features.map(({ icon: Icon, title, text }) => (
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
