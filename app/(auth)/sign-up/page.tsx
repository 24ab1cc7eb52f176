import type { Metadata } from "next";
import Link from "next/link";
import { redirect } from "next/navigation";
import type { SearchParams } from "@/app/page-props";
import { pageQuery } from "@/app/page-query";
import { AuthCard } from "@/components/auth/auth-card";
import { nextPath } from "@/components/auth/next-path";
import { ProviderButtons } from "@/components/auth/provider-buttons";
import { SignUpForm } from "@/components/auth/sign-up-form";
import { externalProviderNames } from "@/lib/auth/providers";
import { currentViewer } from "@/lib/auth/session";
import { routes } from "@/lib/routes";

export const metadata: Metadata = { title: "Create account" };

export default async function SignUpPage({ searchParams }: { searchParams: SearchParams }) {
  const target = nextPath((await searchParams).next);
  if ((await pageQuery(currentViewer())).kind === "user") redirect(routes.collections());
  return (
    <AuthCard
      title="Create your account"
      lead="Your collections are private unless you change that."
      foot={
        <>
          Already have one?{" "}
          <Link href={routes.signIn(target)} className="font-medium text-accent underline-offset-4 hover:underline">
            Sign in
          </Link>
        </>
      }
    >
      <ProviderButtons providers={externalProviderNames()} next={target} />
      <SignUpForm next={target} />
    </AuthCard>
  );
}
