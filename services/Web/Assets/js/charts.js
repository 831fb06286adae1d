// The parts of ECharts that charts use, loaded when the first chart is shown.
import { init, getInstanceByDom, graphic, use } from 'echarts/core';
import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent, TooltipComponent } from 'echarts/components';
import { CanvasRenderer } from 'echarts/renderers';

use([BarChart, LineChart, GridComponent, TooltipComponent, CanvasRenderer]);
window.echarts = { init, getInstanceByDom, graphic };
