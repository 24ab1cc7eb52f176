import type { Metadata } from "next";
import Link from "next/link";
import { redirect } from "next/navigation";
import { pageQuery } from "@/app/page-query";
import { CollectionGrid } from "@/components/collection/collection-card";
import { Landing } from "@/components/collection/landing";
import { buttonClass } from "@/components/ui/button";
import { currentViewer } from "@/lib/auth/session";
import { publicCollections } from "@/lib/collection/queries";
import { isSignUpOpen } from "@/lib/invitation/queries";
import { coverThumbs } from "@/lib/media/queries";
import { routes } from "@/lib/routes";

export const metadata: Metadata = {
  title: { absolute: "Atoll: private media on your own S3 bucket" },
  robots: { index: true, follow: true },
};

async function load() {
  const viewer = await currentViewer();
  if (viewer.kind === "user") return null;
  const cards = await publicCollections(viewer);
  return { cards, covers: await coverThumbs(cards) };
}

export default async function HomePage() {
  const open = await pageQuery(load());
  if (!open) redirect(routes.collections());
  return (
    <>
      <Landing>
        <Link href={routes.signIn()} className={buttonClass({ variant: "primary", size: "lg" })}>
          Sign in
        </Link>
        {isSignUpOpen() && (
          <Link href={routes.signUp()} className={buttonClass({ size: "lg" })}>
            Create account
          </Link>
        )}
      </Landing>
      {open.cards.length > 0 && (
        <section aria-labelledby="public" className="mx-auto max-w-[100rem] px-4 pb-28 sm:px-8">
          <h2 id="public" className="mb-7 font-semibold text-xl">
            Public collections
          </h2>
          <CollectionGrid cards={open.cards} covers={open.covers} />
        </section>
      )}
    </>
  );
}
