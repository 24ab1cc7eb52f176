import { handleAuth } from "@/lib/auth/next-auth/route";

export const GET = handleAuth;
export const POST = handleAuth;
