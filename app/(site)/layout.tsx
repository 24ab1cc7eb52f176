import { cookies } from "next/headers";
import type { ReactNode } from "react";
import { pageQuery } from "@/app/page-query";
import { SiteHeader } from "@/components/auth/site-header";
import { mainId, SkipLink } from "@/components/ui/page/skip-link";
import { parseTheme, themeCookie } from "@/components/ui/page/theme";
import { UploadTray } from "@/components/upload/tray/upload-tray";
import { currentViewer } from "@/lib/auth/session";
import { isSignUpOpen } from "@/lib/invitation/queries";

export default async function SiteLayout({ children }: { children: ReactNode }) {
  const viewer = await pageQuery(currentViewer());
  const theme = parseTheme((await cookies()).get(themeCookie)?.value);
  return (
    <>
      <SkipLink />
      <SiteHeader
        user={viewer.kind === "user" ? { id: viewer.userId, name: viewer.name } : null}
        theme={theme}
        isSignUpOpen={isSignUpOpen()}
        tray={viewer.kind === "user" && <UploadTray />}
      />
      <main id={mainId} tabIndex={-1} className="outline-none">
        {children}
      </main>
    </>
  );
}
