import type { Metadata } from "next";
import type { ReactNode } from "react";
import { loadCollection } from "@/app/loaders";
import type { CollectionParams } from "@/app/page-props";

type Props = { params: CollectionParams; children: ReactNode };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { slug } = await params;
  const { name, visibility } = await loadCollection(slug);
  return {
    title: { default: name, template: `%s · ${name} · Atoll` },
    ...(visibility === "public" && { robots: { index: true, follow: true } }),
  };
}

/** Loads the collection before the response starts: once streaming has begun, the status can no longer be 404. */
export default async function CollectionLayout({ params, children }: Props) {
  await loadCollection((await params).slug);
  return children;
}
