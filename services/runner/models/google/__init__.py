"""Google's Gemini API, through the google-genai SDK (extra ``google``)."""
