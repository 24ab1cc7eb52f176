import type { Metadata } from "next";
import Link from "next/link";
import { pageQuery } from "@/app/page-query";
import { AccountSection } from "@/components/account/account-section";
import { PasswordForm } from "@/components/account/password-form";
import { ProfileFacts } from "@/components/account/profile-facts";
import { SessionList } from "@/components/account/session-list";
import { buttonClass } from "@/components/ui/button";
import { sessionPolicy } from "@/lib/auth/policy";
import { requireUser } from "@/lib/auth/session";
import { routes } from "@/lib/routes";
import { sessionsOf } from "@/lib/session/queries";
import type { SessionItem } from "@/lib/session/schema";
import { profileOf } from "@/lib/user/queries";

export const metadata: Metadata = { title: "Account" };

async function load() {
  const viewer = await requireUser();
  const [profile, { items }] = await Promise.all([
    profileOf(viewer),
    sessionsOf(viewer, { limit: sessionPolicy.maxPerUser }),
  ]);
  return { profile, sessions: items.toSorted(byUse) };
}

/** This device first, then by the last use. */
function byUse(one: SessionItem, other: SessionItem): number {
  return Number(other.isCurrent) - Number(one.isCurrent) || other.lastSeenAt.localeCompare(one.lastSeenAt);
}

export default async function AccountPage() {
  const { profile, sessions } = await pageQuery(load());
  const { name, email, hasPassword } = profile;
  return (
    <div className="mx-auto grid max-w-3xl gap-10 px-4 pt-8 pb-24 sm:px-8 sm:pt-10">
      <h1 className="font-semibold text-2xl sm:text-3xl">Account</h1>
      <AccountSection id="profile" title="Profile">
        <ProfileFacts name={name} email={email} />
      </AccountSection>
      <AccountSection
        id="sessions"
        title="Sessions"
        lead="The browsers you are signed in with. Sign out those you do not know, then change your password."
      >
        <SessionList sessions={sessions} headingId="sessions" />
      </AccountSection>
      <AccountSection
        id="password"
        title="Password"
        lead={hasPassword && "Changing it signs out all your other sessions."}
      >
        {hasPassword ? (
          <PasswordForm email={email} />
        ) : (
          <p className="p-5 text-muted text-sm">
            You sign in through a provider. Atoll has no password of yours: change it at the provider.
          </p>
        )}
      </AccountSection>
      <AccountSection
        id="tokens"
        title="API tokens"
        lead="For programs that act for you: a CI job, a script, a data portal."
      >
        <div className="p-5">
          <Link href={routes.tokens()} className={buttonClass()}>
            Manage tokens
          </Link>
        </div>
      </AccountSection>
    </div>
  );
}
