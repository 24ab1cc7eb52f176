import { pageQuery } from "@/app/page-query";
import { NotFoundState } from "@/components/auth/not-found-state";
import { currentViewer } from "@/lib/auth/session";

export default async function SiteNotFoundPage() {
  const viewer = await pageQuery(currentViewer());
  return <NotFoundState signedIn={viewer.kind === "user"} />;
}
