import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { loadCollection } from "@/app/loaders";
import type { CollectionParams } from "@/app/page-props";
import { CollectionSubpage } from "@/components/collection/collection-subpage";
import { SettingsForm } from "@/components/collection/settings-form";

export const metadata: Metadata = { title: "Settings" };

export default async function CollectionSettingsPage({ params }: { params: CollectionParams }) {
  const { slug, name, description, visibility, abilities } = await loadCollection((await params).slug);
  if (!abilities.changeSettings) notFound();
  return (
    <CollectionSubpage collection={{ slug, name }} title="Settings" className="max-w-2xl">
      <SettingsForm slug={slug} initial={{ name, description, visibility }} />
    </CollectionSubpage>
  );
}
