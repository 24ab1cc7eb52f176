"use client";

import { CircleUser, Images, LogOut } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { Notice } from "@/components/ui/message/notice";
import { Menu, MenuContent, MenuItem, MenuLabel, MenuSeparator, MenuTrigger } from "@/components/ui/overlay/menu";
import { routes } from "@/lib/routes";
import { signOutHere } from "./sign-out";

export function UserMenu({ user: { id, name } }: { user: { id: string; name: string } }) {
  const [isFailed, setFailed] = useState(false);
  return (
    <>
      <Menu modal={false} onOpenChange={(isOpen) => isOpen && setFailed(false)}>
        <MenuTrigger
          aria-label={`Account of ${name}`}
          className="grid size-9 place-items-center rounded-full bg-accent-soft font-semibold text-accent text-sm"
        >
          {initials(name)}
        </MenuTrigger>
        <MenuContent>
          <MenuLabel>{name}</MenuLabel>
          <MenuItem asChild>
            <Link href={routes.collections()}>
              <Images aria-hidden />
              Collections
            </Link>
          </MenuItem>
          <MenuItem asChild>
            <Link href={routes.account()}>
              <CircleUser aria-hidden />
              Account
            </Link>
          </MenuItem>
          <MenuSeparator />
          <MenuItem onSelect={() => void signOutHere(id).then((isDone) => setFailed(!isDone))}>
            <LogOut aria-hidden />
            Sign out
          </MenuItem>
        </MenuContent>
      </Menu>
      <div role="alert" className="absolute top-full right-4 mt-2 rounded-xl shadow-float empty:hidden sm:right-8">
        {isFailed && (
          <Notice tone="danger" className="flex-nowrap">
            You are still signed in. Try again.
          </Notice>
        )}
      </div>
    </>
  );
}

function initials(name: string): string {
  const words =
    name
      .split("@")[0]
      ?.split(/[\s._-]+/)
      .filter(Boolean) ?? [];
  const letters = words.slice(0, 2).map((word) => [...word][0] ?? "");
  return letters.join("").toLocaleUpperCase("en") || "?";
}
