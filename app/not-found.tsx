import type { Metadata } from "next";
import Link from "next/link";
import { SignInLink } from "@/components/auth/sign-in-link";
import { Wordmark } from "@/components/ui/brand";
import { buttonClass } from "@/components/ui/button";
import { CompassArt } from "@/components/ui/empty-art";
import { EmptyState } from "@/components/ui/empty-state";
import { routes } from "@/lib/routes";

export const metadata: Metadata = { title: "Not found" };

/** One page for what is missing and what one may not see: the answer tells neither from the other. */
export default function NotFoundPage() {
  return (
    <div className="grid min-h-dvh grid-rows-[auto_1fr]">
      <header className="flex h-16 items-center px-4 sm:px-8">
        <Link href={routes.home()} className="rounded-lg pr-2">
          <Wordmark />
        </Link>
      </header>
      <main className="grid place-items-center pb-24">
        <EmptyState
          level={1}
          art={<CompassArt />}
          title="Nothing to see here"
          actions={
            <>
              <Link href={routes.home()} className={buttonClass({ variant: "primary" })}>
                Go to the start
              </Link>
              <SignInLink className={buttonClass()} />
            </>
          }
        >
          <p>
            This page does not exist, or you may not see it. If someone shared it with you, sign in with the account
            they gave access to.
          </p>
        </EmptyState>
      </main>
    </div>
  );
}
