"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { routes } from "@/lib/routes";

/** Links to the sign-in page, which returns to the current page. */
export function SignInLink({ className }: { className?: string }) {
  return (
    <Link href={routes.signIn(usePathname())} className={className}>
      Sign in
    </Link>
  );
}
