import { z } from "zod";
import { passwordPolicy } from "./policy";

const { minCharacters, maxCharacters } = passwordPolicy;

/** Trimmed and in lower case, as stored, so that one address has one spelling. */
const email = z
  .string()
  .trim()
  .toLowerCase()
  .pipe(z.email("Enter a valid e-mail address.").max(254, "This e-mail address is too long."));

/** Counts code points, so that an emoji counts once. */
function lengthOf(text: string): number {
  return [...text].length;
}

export const newPassword = z
  .string()
  .refine((text) => lengthOf(text) >= minCharacters, `The password needs at least ${minCharacters} characters.`)
  .refine((text) => lengthOf(text) <= maxCharacters, `The password can have at most ${maxCharacters} characters.`)
  .refine((text) => text.isWellFormed(), "The password is not valid Unicode.")
  .refine(
    (text) => !commonPasswords.has(text.toLowerCase()) && new Set(text).size > 1,
    "This password is too common and easy to guess. Choose another one, for example several words.",
  );

const personName = z
  .string()
  .trim()
  .max(120, "The name can have at most 120 characters.")
  .refine(
    (text) => text.isWellFormed() && !/\p{Cc}/u.test(text),
    "The name contains characters that cannot be displayed.",
  )
  // Forms send an empty field as an empty string.
  .transform((text) => text || undefined);

export const signUpInput = z
  .object({ email, name: personName.optional(), password: newPassword })
  .refine(({ email, password }) => password.toLowerCase() !== email && password.toLowerCase() !== email.split("@")[0], {
    path: ["password"],
    message: "The password must not be your e-mail address.",
  });
export type SignUpForm = z.input<typeof signUpInput>;
export type SignUpInput = z.output<typeof signUpInput>;

/** Input of the sign-in form. The rules for new passwords do not apply: existing passwords may predate them. */
export const signInInput = z.object({
  email,
  password: z
    .string()
    .min(1)
    .max(maxCharacters * 4),
});

export const createUserInput = z.object({
  email,
  name: personName.optional(),
  password: newPassword.optional(),
  isAdmin: z.boolean().default(false),
});
export type CreateUserInput = z.output<typeof createUserInput>;

/**
 * The most common leaked passwords of eight and more characters, in lower case. Shorter ones are rejected by length.
 * (OWASP ASVS 5.0, 6.2.4)
 */
const commonPasswords: ReadonlySet<string> = new Set(
  `00000000 11111111 111111111 1111111111 11223344 112233445566 12121212 123123123 1234512345 12341234 12344321
  123456123456 12345678 123456789 1234567890 12345678910 123456789a 123456789q 1234qwer 1234abcd 123654789 12qwaszx
  147258369 159357456 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx 1qaz2wsx3edc 1qazxsw2 22222222 55555555 66666666 66778899
  741852963 77777777 87654321 88888888 987654321 9876543210 99999999 a1b2c3d4 a1234567 a12345678 a123456789 aa123456
  aa12345678 aaaaaaaa abc12345 abc123456 abcd1234 abcdefgh abcdefg1 administrator admin123 admin1234 admin12345 alexander
  asdf1234 asdfasdf asdfghjk asdfghjkl asdfghjkl1 baseball basketball batman123 beautiful benjamin bismillah blink182
  butterfly caroline changeme changeme1 changeme123 charlie1 charlotte chocolate christian christopher cocacola computer
  courtney danielle default1 diamond1 dragon123 elephant elizabeth facebook fernando football football1 fuckyou1 gabriela
  garfield gateway1 google123 graphics harrypotter hello123 hello1234 helloworld iloveyou iloveyou1 iloveyou2 infinity
  internet isabella jennifer jonathan jordan23 justinbieber killer123 kimberly lastfm123 letmein1 letmein123 liverpool
  liverpool1 london123 lovelove manchester marlboro mercedes metallica michael1 michelle midnight minecraft monkey123
  motorola myspace1 naruto123 nicholas p@ssw0rd p@ssword passw0rd passw0rd1 password password! password0 password01
  password1 password1! password11 password12 password123 password1234 password12345 password2 password3 patricia
  platinum playboy1 pokemon1 pokemon123 princess princess1 qazwsxedc qazwsx123 qqqqqqqq qwer1234 qwerasdf qwert123
  qwert12345 qwertyui qwertyuiop qwerty12 qwerty123 qwerty1234 qwerty12345 qwerty123456 rockstar samantha samsung1
  scorpion secret123 sebastian september shadow123 slipknot softball spiderman starwars starwars1 stephanie sterling
  sunflower sunshine sunshine1 superman superman1 superstar swordfish test1234 test12345 testtest thailand trinity1
  trustno1 unicorn1 valentina veronica victoria vkontakte volleyball welcome1 welcome12 welcome123 whatever william1
  yourmom1 zaq12wsx zaq1zaq1 zxcvbnm1 zxcvbnm123 zxcvbnm,`.split(/\s+/),
);

const signInMessages = new Map(
  Object.entries({
    CredentialsSignin: "Incorrect e-mail or password.",
    RATE_LIMITED: "Too many failed sign-in attempts. Wait 15 minutes, then try again.",
    UNAVAILABLE:
      "Atoll cannot reach its database, so you cannot sign in right now. Your account is safe. Try again in a few seconds.",
    AccessDenied: "This account is disabled. Ask the site's administrator.",
    EmailNotVerified: "The provider has not verified your e-mail address. Verify it there, then sign in again.",
    OAuthAccountNotLinked:
      "An account with this e-mail address already exists and uses another sign-in method. Sign in as you did before.",
    SessionRequired: "Sign in to see this page.",
  }),
);

/** Returns the message for an `error` code of sign-in, next-auth's or our own. */
export function signInMessage(error: string): string {
  return signInMessages.get(error) ?? "Sign-in failed. Try again.";
}
