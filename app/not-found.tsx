import Link from "next/link";
import { pageQuery } from "@/app/page-query";
import { NotFoundState } from "@/components/auth/not-found-state";
import { Wordmark } from "@/components/ui/page/brand";
import { currentViewer } from "@/lib/auth/session";
import { routes } from "@/lib/routes";

/** Renders for URLs that match no route group, which have no site header. */
export default async function NotFoundPage() {
  const viewer = await pageQuery(currentViewer());
  return (
    <>
      <header className="flex h-16 items-center px-4 sm:px-8">
        <Link href={routes.home()} className="inline-flex rounded-lg pr-2">
          <Wordmark />
        </Link>
      </header>
      <main>
        <NotFoundState signedIn={viewer.kind === "user"} />
      </main>
    </>
  );
}
