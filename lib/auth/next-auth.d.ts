import "next-auth";
import "next-auth/jwt";

declare module "next-auth" {
  interface User {
    /** Of the user row when the session was made; a higher one there ends it. */
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
