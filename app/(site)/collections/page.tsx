import type { Metadata } from "next";
import { pageQuery } from "@/app/page-query";
import { CollectionGrid } from "@/components/collection/collection-card";
import { CollectionsHead } from "@/components/collection/collections-head";
import { CreateCollection } from "@/components/collection/create-collection";
import { PrintsArt } from "@/components/ui/art/empty-art";
import { EmptyState } from "@/components/ui/message/empty-state";
import { requireUser } from "@/lib/auth/session";
import { collectionsOf } from "@/lib/collection/queries";
import { coverThumbs } from "@/lib/media/queries";

export const metadata: Metadata = { title: "Collections" };

async function load() {
  const cards = await collectionsOf(await requireUser());
  return { cards, covers: await coverThumbs(cards) };
}

export default async function CollectionsPage() {
  const { cards, covers } = await pageQuery(load());
  if (cards.length === 0) {
    return (
      <EmptyState
        level={1}
        art={<PrintsArt />}
        title="Create your first collection"
        actions={<CreateCollection />}
        className="pt-28"
      >
        <p>A collection holds related media: a survey, an album, a build. Create one, then drop a folder on it.</p>
      </EmptyState>
    );
  }
  return (
    <div className="mx-auto max-w-[100rem] px-4 pb-24 sm:px-8">
      <CollectionsHead>
        <CreateCollection />
      </CollectionsHead>
      <CollectionGrid cards={cards} covers={covers} />
    </div>
  );
}
