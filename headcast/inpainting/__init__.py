"""A picture and what is hidden of it in, plausible pixels there out: what lies behind a person."""
