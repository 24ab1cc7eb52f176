import type { Metadata } from "next";
import Link from "next/link";
import { redirect } from "next/navigation";
import type { SearchParams } from "@/app/page-props";
import { pageQuery } from "@/app/page-query";
import { AuthCard } from "@/components/auth/auth-card";
import { nextPath } from "@/components/auth/next-path";
import { ProviderButtons } from "@/components/auth/provider-buttons";
import { RequestLinkForm } from "@/components/auth/request-link-form";
import { SignUpForm } from "@/components/auth/sign-up-form";
import { Notice } from "@/components/ui/message/notice";
import { externalProviderNames } from "@/lib/auth/next-auth/providers";
import { currentViewer } from "@/lib/auth/session";
import { signUpState } from "@/lib/invitation/queries";
import type { SignUpState } from "@/lib/invitation/schema";
import { routes } from "@/lib/routes";

export const metadata: Metadata = { title: "Create account" };

const heads: Record<SignUpState["kind"], { title: string; lead: string }> = {
  closed: { title: "No new accounts", lead: "Accounts on this site are created by its operator." },
  notInvited: {
    title: "By invitation only",
    lead: "Ask the operator of this site for an invitation. Its link opens this page, and you can create your account here.",
  },
  address: {
    title: "Create your account",
    lead: "We send a link to your address. It shows that the address is yours.",
  },
  account: { title: "Create your account", lead: "Your collections are private unless you change that." },
};

async function load(token: string | undefined) {
  const viewer = await currentViewer();
  return viewer.kind === "user" ? null : signUpState(viewer, token);
}

export default async function SignUpPage({ searchParams }: { searchParams: SearchParams }) {
  const { next, invitation: given } = await searchParams;
  const target = nextPath(next);
  const token = typeof given === "string" ? given : undefined;
  const state = await pageQuery(load(token));
  if (!state) redirect(routes.collections());
  const { kind, email, isInvalid } = state;
  const invitation = isInvalid ? undefined : token;
  const takesForm = kind === "address" || kind === "account";
  return (
    <AuthCard
      {...heads[kind]}
      foot={
        <>
          Already have an account?{" "}
          <Link href={routes.signIn(target)} className="font-medium text-accent underline-offset-4 hover:underline">
            Sign in
          </Link>
        </>
      }
    >
      {isInvalid && (
        <Notice tone="warn">
          This link has expired or was used already.{" "}
          {takesForm ? "You can create an account without it." : "Ask for a new one."}
        </Notice>
      )}
      {takesForm && <ProviderButtons providers={externalProviderNames()} next={target} invitation={invitation} />}
      {kind === "address" && <RequestLinkForm email={email} invitation={invitation} />}
      {kind === "account" && <SignUpForm next={target} email={email} invitation={invitation} />}
    </AuthCard>
  );
}
