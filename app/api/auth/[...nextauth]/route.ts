import { handleAuth } from "@/lib/auth/route";

export const GET = handleAuth;
export const POST = handleAuth;
