import { GeistSans } from "geist/font/sans";
import type { Metadata, Viewport } from "next";
import { cookies } from "next/headers";
import type { ReactNode } from "react";
import { parseTheme, themeCookie } from "@/components/ui/page/theme";
import "./globals.css";

export const metadata: Metadata = {
  title: { default: "Atoll", template: "%s · Atoll" },
  description: "Private media on your own S3 bucket.",
  // The bucket policy checks the Referer's origin. Paths are not sent to other origins.
  referrer: "strict-origin-when-cross-origin",
  robots: { index: false, follow: false },
  icons: { icon: { url: "/favicon.svg", type: "image/svg+xml" } },
};

export const viewport: Viewport = {
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#f8fafb" },
    { media: "(prefers-color-scheme: dark)", color: "#0b1218" },
  ],
};

export default async function RootLayout({ children }: { children: ReactNode }) {
  const theme = parseTheme((await cookies()).get(themeCookie)?.value);
  return (
    <html lang="en" {...(theme !== "system" && { "data-theme": theme })} className={GeistSans.variable}>
      <body>{children}</body>
    </html>
  );
}
