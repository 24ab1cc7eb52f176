import "next-auth";
import "next-auth/jwt";

declare module "next-auth" {
  interface User {
    /** The user's epoch when their identity was checked. */
    sessionEpoch?: number;
    /** The session that was started for them. */
    sessionId?: string;
  }
  interface Session {
    user: { id: string; name: string | null; email: string | null };
  }
}

declare module "next-auth/jwt" {
  interface JWT {
    sessionId?: string;
  }
}
