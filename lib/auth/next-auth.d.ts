import "next-auth";
import "next-auth/jwt";

declare module "next-auth" {
  interface User {
    /** The user's epoch when the session was created. Raising it in the database ends the session. */
    sessionEpoch?: number;
  }
  interface Session {
    user: { id: string; name: string | null; email: string | null };
  }
}

declare module "next-auth/jwt" {
  interface JWT {
    userId?: string;
    sessionEpoch?: number;
  }
}
