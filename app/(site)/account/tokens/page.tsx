import type { Metadata } from "next";
import Link from "next/link";
import { pageQuery } from "@/app/page-query";
import { AccountSection } from "@/components/account/account-section";
import { CreateToken } from "@/components/token/create-token";
import { TokenList } from "@/components/token/token-list";
import { requireUser } from "@/lib/auth/session";
import { tokenPolicy } from "@/lib/auth/token/policy";
import { collectionPage } from "@/lib/collection/queries";
import { routes } from "@/lib/routes";
import { tokensOf } from "@/lib/token/queries";

export const metadata: Metadata = { title: "API tokens" };

const maxCollections = 200;

async function load() {
  const viewer = await requireUser();
  const [{ items: tokens }, { items: collections }] = await Promise.all([
    tokensOf(viewer, { limit: tokenPolicy.maxPerUser }),
    collectionPage(viewer, { limit: maxCollections }),
  ]);
  return { tokens, collections: collections.map(({ slug, name }) => ({ slug, name })) };
}

export default async function TokensPage() {
  const { tokens, collections } = await pageQuery(load());
  return (
    <div className="mx-auto grid max-w-3xl gap-10 px-4 pt-8 pb-24 sm:px-8 sm:pt-10">
      <div className="flex flex-wrap items-end justify-between gap-4">
        <div>
          <Link href={routes.account()} className="text-muted text-sm hover:text-ink">
            Account
          </Link>
          <h1 className="mt-1 font-semibold text-2xl sm:text-3xl">API tokens</h1>
        </div>
        <CreateToken collections={collections} />
      </div>
      <AccountSection
        id="tokens"
        title="Your tokens"
        lead="Programs use them instead of your password. Each is only for what you choose, and ends when you revoke it."
      >
        {tokens.length === 0 ? (
          <p className="p-5 text-muted text-sm">You have no tokens yet.</p>
        ) : (
          <TokenList tokens={tokens} headingId="tokens" />
        )}
      </AccountSection>
    </div>
  );
}
