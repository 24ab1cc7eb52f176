"use client";

import { CircleUser, Images, LogOut } from "lucide-react";
import Link from "next/link";
import { Menu, MenuContent, MenuItem, MenuLabel, MenuSeparator, MenuTrigger } from "@/components/ui/menu";
import { routes } from "@/lib/routes";
import { signOutHere } from "./sign-out";

export function UserMenu({ user: { id, name } }: { user: { id: string; name: string } }) {
  return (
    <Menu modal={false}>
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
        <MenuItem onSelect={() => void signOutHere(id)}>
          <LogOut aria-hidden />
          Sign out
        </MenuItem>
      </MenuContent>
    </Menu>
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
