import Link from "next/link";
import type { ReactNode } from "react";
import { buttonClass } from "@/components/ui/button";
import { Wordmark } from "@/components/ui/page/brand";
import type { Theme } from "@/components/ui/page/theme";
import { ThemeMenu } from "@/components/ui/page/theme-menu";
import { routes } from "@/lib/routes";
import { UserMenu } from "./user-menu";

type SiteHeaderProps = {
  user: { id: string; name: string } | null;
  theme: Theme;
  /** Whether visitors may create an account. */
  isSignUpOpen: boolean;
  /** Shown before the menus: the uploads in progress. */
  tray?: ReactNode;
};

export function SiteHeader({ user, theme, isSignUpOpen, tray }: SiteHeaderProps) {
  return (
    <header className="sticky top-0 z-30 border-line/70 border-b bg-canvas/85 backdrop-blur-md">
      <div className="mx-auto flex h-16 max-w-[100rem] items-center gap-2 px-4 sm:px-8">
        <Link href={user ? routes.collections() : routes.home()} className="inline-flex rounded-lg pr-2">
          <Wordmark />
        </Link>
        <div className="ml-auto flex items-center gap-1.5 sm:gap-2">
          {tray}
          <ThemeMenu initial={theme} />
          {user ? (
            <UserMenu user={user} />
          ) : (
            <>
              <Link href={routes.signIn()} className={buttonClass({ variant: "ghost", size: "md" }, "px-3")}>
                Sign in
              </Link>
              {isSignUpOpen && (
                <Link
                  href={routes.signUp()}
                  className={buttonClass({ variant: "primary", size: "md" }, "max-sm:hidden")}
                >
                  Create account
                </Link>
              )}
            </>
          )}
        </div>
      </div>
    </header>
  );
}
