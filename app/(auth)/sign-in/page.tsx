import type { Metadata } from "next";
import Link from "next/link";
import { redirect } from "next/navigation";
import type { SearchParams } from "@/app/page-props";
import { pageQuery } from "@/app/page-query";
import { AuthCard } from "@/components/auth/auth-card";
import { nextPath } from "@/components/auth/next-path";
import { ProviderButtons } from "@/components/auth/provider-buttons";
import { SignInForm } from "@/components/auth/sign-in-form";
import { externalProviderNames } from "@/lib/auth/next-auth/providers";
import { signInMessage } from "@/lib/auth/policy";
import { currentViewer } from "@/lib/auth/session";
import { isSignUpOpen } from "@/lib/invitation/queries";
import { routes } from "@/lib/routes";

export const metadata: Metadata = { title: "Sign in" };

export default async function SignInPage({ searchParams }: { searchParams: SearchParams }) {
  const { next, error } = await searchParams;
  const target = nextPath(next);
  if ((await pageQuery(currentViewer())).kind === "user") redirect(target as ReturnType<typeof routes.collections>);
  return (
    <AuthCard
      title="Welcome back"
      lead="Sign in to see your collections."
      foot={
        <>
          No account yet?{" "}
          {isSignUpOpen() ? (
            <Link
              href={{ pathname: routes.signUp(), query: { next: target } }}
              className="font-medium text-accent underline-offset-4 hover:underline"
            >
              Create one
            </Link>
          ) : (
            "Ask the operator of this site."
          )}
        </>
      }
    >
      <ProviderButtons providers={externalProviderNames()} next={target} />
      <SignInForm next={target} initialError={typeof error === "string" ? signInMessage(error) : null} />
    </AuthCard>
  );
}
