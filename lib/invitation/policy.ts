const day = 24 * 60 * 60;

/** Who may create an account: everyone, those with an invitation, or only the operator. */
export const signUpModes = ["open", "invite", "closed"] as const;
export type SignUpMode = (typeof signUpModes)[number];

export const invitationPolicy = {
  lifeSeconds: 7 * day,
  maxLifeSeconds: 90 * day,
  /** Of one that Atoll mails to prove an address. */
  mailedLifeSeconds: day,
} as const;
