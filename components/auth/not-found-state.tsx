import Link from "next/link";
import { CompassArt } from "@/components/ui/art/empty-art";
import { buttonClass } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/message/empty-state";
import { routes } from "@/lib/routes";
import { SignInLink } from "./sign-in-link";

/** Shows one text for missing and forbidden pages, so that it does not reveal which pages exist. */
export function NotFoundState({ signedIn }: { signedIn: boolean }) {
  return (
    <>
      <title>Not found · Atoll</title>
      <EmptyState
        level={1}
        art={<CompassArt />}
        title="Page not found"
        className="py-24"
        actions={
          <>
            <Link href={routes.home()} className={buttonClass({ variant: "primary" })}>
              Go to the home page
            </Link>
            {!signedIn && <SignInLink className={buttonClass()} />}
          </>
        }
      >
        <p>
          This page does not exist, or you do not have access to it. If someone shared it with you, sign in with the
          account they shared it with.
        </p>
      </EmptyState>
    </>
  );
}
