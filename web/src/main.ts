import "./design/tokens.css";
import { registerIcons } from "./design/icons.ts";
import { interceptLinks } from "./router.ts";
import { startTheme } from "./shell/theme.ts";
import "./shell/app.ts";

startTheme();
registerIcons();
interceptLinks();
