import { cookies } from "next/headers";
import Link from "next/link";
import type { ReactNode } from "react";
import { AtollArt } from "@/components/ui/art/atoll-art";
import { Wordmark } from "@/components/ui/page/brand";
import { mainId } from "@/components/ui/page/skip-link";
import { parseTheme, themeCookie } from "@/components/ui/page/theme";
import { ThemeMenu } from "@/components/ui/page/theme-menu";
import { routes } from "@/lib/routes";

export default async function AuthLayout({ children }: { children: ReactNode }) {
  const theme = parseTheme((await cookies()).get(themeCookie)?.value);
  return (
    <div className="grid min-h-dvh lg:grid-cols-[minmax(0,1fr)_minmax(0,1.1fr)]">
      <div className="flex flex-col px-5 sm:px-10">
        <header className="flex h-16 items-center justify-between">
          <Link href={routes.home()} className="inline-flex rounded-lg pr-2">
            <Wordmark />
          </Link>
          <ThemeMenu initial={theme} />
        </header>
        <main id={mainId} className="grid flex-1 place-items-center py-10">
          {children}
        </main>
      </div>
      <div aria-hidden className="relative overflow-hidden border-line border-l bg-accent-soft/60 max-lg:hidden">
        <AtollArt className="absolute inset-0 size-full" />
      </div>
    </div>
  );
}
