"use client";

import { Check, Monitor, Moon, Sun } from "lucide-react";
import { useState } from "react";
import { buttonClass } from "../button";
import { Menu, MenuContent, MenuRadioGroup, MenuRadioItem, MenuTrigger } from "../overlay/menu";
import { applyTheme, parseTheme, type Theme, themes } from "./theme";

const labels = {
  system: { icon: Monitor, name: "System" },
  light: { icon: Sun, name: "Light" },
  dark: { icon: Moon, name: "Dark" },
} as const;

export function ThemeMenu({ initial }: { initial: Theme }) {
  const [theme, setTheme] = useState(initial);
  function choose(value: string) {
    const chosen = parseTheme(value);
    setTheme(chosen);
    applyTheme(chosen);
  }
  return (
    <Menu modal={false}>
      <MenuTrigger
        aria-label={`Theme: ${labels[theme].name}`}
        className={buttonClass({ variant: "ghost", size: "icon" })}
      >
        <Sun aria-hidden className="dark:hidden" />
        <Moon aria-hidden className="hidden dark:block" />
      </MenuTrigger>
      <MenuContent>
        <MenuRadioGroup value={theme} onValueChange={choose}>
          {themes.map((name) => {
            const { icon: Icon, name: label } = labels[name];
            return (
              <MenuRadioItem key={name} value={name}>
                <Icon aria-hidden />
                <span className="flex-1">{label}</span>
                {theme === name && <Check aria-hidden />}
              </MenuRadioItem>
            );
          })}
        </MenuRadioGroup>
      </MenuContent>
    </Menu>
  );
}
