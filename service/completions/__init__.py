"""OpenAI's chat completions over the same agent, for programs that already speak them."""
