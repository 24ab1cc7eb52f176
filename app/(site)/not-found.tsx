import { pageQuery } from "@/app/page-query";
import { NothingHere } from "@/components/auth/nothing-here";
import { currentViewer } from "@/lib/auth/session";

export default async function SiteNotFoundPage() {
  const viewer = await pageQuery(currentViewer());
  return <NothingHere signedIn={viewer.kind === "user"} />;
}
