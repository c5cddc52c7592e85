// Only the parts of ECharts in use: the report carries its code with it.
import {
  BarChart, CustomChart, HeatmapChart, LineChart, ScatterChart,
  type BarSeriesOption, type CustomSeriesOption, type HeatmapSeriesOption, type LineSeriesOption, type ScatterSeriesOption,
} from 'echarts/charts';
import {
  GridComponent, LegendComponent, MarkAreaComponent, MarkLineComponent, MarkPointComponent, TooltipComponent, VisualMapContinuousComponent,
  GraphicComponent,
  type GraphicComponentOption, type GridComponentOption, type LegendComponentOption, type TooltipComponentOption, type VisualMapComponentOption,
} from 'echarts/components';
import { init, use, type ComposeOption, type ECharts } from 'echarts/core';
import { LabelLayout } from 'echarts/features';
import { SVGRenderer } from 'echarts/renderers';

use([
  BarChart, CustomChart, HeatmapChart, LineChart, ScatterChart, GridComponent, LegendComponent, MarkAreaComponent, MarkLineComponent,
  MarkPointComponent, TooltipComponent, VisualMapContinuousComponent, GraphicComponent, LabelLayout, SVGRenderer,
]);

export type ChartOption = ComposeOption<
  | BarSeriesOption | CustomSeriesOption | HeatmapSeriesOption | LineSeriesOption | ScatterSeriesOption | GraphicComponentOption
  | GridComponentOption | LegendComponentOption | TooltipComponentOption | VisualMapComponentOption
>;

export { init, type ECharts };
