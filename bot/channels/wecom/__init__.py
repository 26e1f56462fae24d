"""WeCom (企业微信): apps, and bots by a connection or by calls."""
