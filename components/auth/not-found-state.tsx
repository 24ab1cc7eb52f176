import Link from "next/link";
import { buttonClass } from "@/components/ui/button";
import { CompassArt } from "@/components/ui/empty-art";
import { EmptyState } from "@/components/ui/empty-state";
import { routes } from "@/lib/routes";
import { SignInLink } from "./sign-in-link";

/** The same words for what is missing and what one may not see: the answer tells neither from the other. */
export function NotFoundState({ signedIn }: { signedIn: boolean }) {
  return (
    <>
      <title>Not found · Atoll</title>
      <EmptyState
        level={1}
        art={<CompassArt />}
        title="Nothing to see here"
        className="py-24"
        actions={
          <>
            <Link href={routes.home()} className={buttonClass({ variant: "primary" })}>
              Go to the start
            </Link>
            {!signedIn && <SignInLink className={buttonClass()} />}
          </>
        }
      >
        <p>
          This page does not exist, or you may not see it. If someone shared it with you, sign in with the account they
          gave access to.
        </p>
      </EmptyState>
    </>
  );
}
