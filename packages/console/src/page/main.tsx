// The page begins here: token, address, theme, time, and then the frame.

import { render } from "preact";
import { takeToken } from "./server/token.ts";
import { App } from "./shell/app.tsx";
import { followAddress } from "./shell/route.ts";
import { keepTheme } from "./shell/theme.ts";
import { keepTime } from "./widgets/now.ts";
import "./style/page.css";

takeToken();
keepTheme();
keepTime();
followAddress();
const place = document.getElementById("page");
if (place) render(<App />, place);
