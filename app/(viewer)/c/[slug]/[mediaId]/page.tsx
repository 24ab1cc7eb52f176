import type { Metadata } from "next";
import { loadCollection, loadMedia } from "@/app/loaders";
import type { MediaParams } from "@/app/page-props";
import { titleOf } from "@/components/media/media-text";
import { Viewer } from "@/components/media/viewer/viewer";

type Props = { params: MediaParams };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { slug, mediaId } = await params;
  return { title: titleOf(await loadMedia(slug, mediaId)) };
}

export default async function MediaPage({ params }: Props) {
  const { slug, mediaId } = await params;
  const [collection, media] = await Promise.all([loadCollection(slug), loadMedia(slug, mediaId)]);
  return <Viewer slug={slug} collectionName={collection.name} media={media} />;
}
