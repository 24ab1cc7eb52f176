"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { routes } from "@/lib/routes";

/** To the sign-in page, and back to where one is. */
export function SignInLink({ className }: { className?: string }) {
  return (
    <Link href={routes.signIn(usePathname())} className={className}>
      Sign in
    </Link>
  );
}
