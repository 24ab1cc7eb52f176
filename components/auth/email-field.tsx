import { Field } from "@/components/ui/form/field";
import { Input } from "@/components/ui/form/input";

type EmailFieldProps = {
  /** The address that an invitation is for; null where the person chooses one. */
  email: string | null;
  error: string | undefined;
};

/** The e-mail address by which an account is made, and later signed in. */
export function EmailField({ email, error }: EmailFieldProps) {
  return (
    <Field label="E-mail" error={error}>
      {(control) => (
        <Input
          {...control}
          name="email"
          type="email"
          required
          readOnly={email !== null}
          defaultValue={email ?? undefined}
          autoComplete="username"
          autoCapitalize="none"
        />
      )}
    </Field>
  );
}
